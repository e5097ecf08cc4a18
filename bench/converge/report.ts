export const goalsOf = (results: unknown) => results;
export const renderGoals = (goals: unknown) =>
  JSON.stringify(goals, (_, v) => (typeof v === "number" ? Math.round(v * 100) / 100 : v));
export const renderReport = (a: unknown, goals: unknown) => "";
