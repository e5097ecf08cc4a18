import type { ContextOptions } from "./context.ts";
import { nextSign } from "./inbox.ts";
import type { Journal } from "./journal.ts";
import type { HoldAnswer, HoldEnd, HoldQuestion, Watch } from "./step.ts";

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
  const early = await answerTo(question, journal, position);
  if (early) {
    await journal.note({ kind: "note", by: early.by, text: `${early.by}: ${early.answer}` });
    return early;
  }
  await journal.step(position, "hold", { waitingOn: "human", question });
  const pollMs = watch?.pollMs ?? usualPollMs;
  for (let lookAtMs = clock.monotonicMs(); ; ) {
    signal.throwIfAborted();
    const answer = await answerTo(question, journal, position);
    if (answer) {
      await journal.step(position, "release", { note: `${answer.by}: ${answer.answer}` });
      return answer;
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

/** One to another question of this step stays until that is asked. What was heard is dropped: it isn't heard twice. */
async function answerTo({ text }: HoldQuestion, journal: Journal, position: number): Promise<HoldAnswer | undefined> {
  const given = await journal.answerTo(position);
  if (given?.to !== text) return undefined;
  await journal.dropAnswer(position);
  return { answer: given.answer, by: given.by };
}
