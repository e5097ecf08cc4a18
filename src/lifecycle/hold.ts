import type { ContextOptions } from "./context.ts";
import { nextSign } from "./inbox.ts";
import type { HoldEnd, HoldQuestion, Watch } from "./step.ts";

const usualPollMs = 2000;
/** How soon an answer that another process wrote down is heard. */
const answerPollMs = 500;

/**
 * Asks, and waits for an answer or for what `watch` looks for. The question is on record before anything is waited for, so
 * that it can be read, and answered, also where nobody watches this process; an answer that came while no controller ran
 * is heard by the next one, if it asks the same.
 */
export async function hold<T>(
  { clock, journal, inbox, position, signal }: ContextOptions,
  question: HoldQuestion,
  watch?: Watch<T>,
): Promise<HoldEnd<T>> {
  signal.throwIfAborted();
  const early = await journal.answerTo(position);
  if (early) await journal.dropAnswer(position);
  if (early?.to === question.text && !question.complaint) {
    const { answer, by } = early;
    await journal.note({ kind: "note", by, text: `${by}: ${answer}` });
    return { answer, by };
  }
  await journal.step(position, "hold", { waitingOn: "human", question });
  const pollMs = watch?.pollMs ?? usualPollMs;
  for (let lookAtMs = clock.monotonicMs(); ; ) {
    signal.throwIfAborted();
    const answer = await journal.answerTo(position);
    if (answer) {
      await journal.dropAnswer(position);
      await journal.step(position, "release", { note: `${answer.by}: ${answer.answer}` });
      return { answer: answer.answer, by: answer.by };
    }
    if (watch && clock.monotonicMs() >= lookAtMs) {
      const seen = await watch.look();
      signal.throwIfAborted();
      if (seen !== undefined) {
        await journal.step(position, "release");
        return { seen };
      }
      lookAtMs = clock.monotonicMs() + pollMs;
    }
    await nextSign(clock, inbox, { ms: Math.min(answerPollMs, pollMs), signal });
  }
}
