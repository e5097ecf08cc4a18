import type { Catalogue } from "../../converge/catalogue.ts";
import type { Break, RoleCase } from "../../converge/role-case.ts";

interface Wanted {
  readonly ensure?: string;
  readonly running?: boolean;
}

/** The case's own mishaps, or the usual two: the role's first file is deleted, its first service stopped. */
export function breaksOf({ breaks }: RoleCase, { items }: Pick<Catalogue, "items">, role: string): readonly Break[] {
  if (breaks) return breaks;
  const own = items
    .filter((item) => item.role === role)
    .map(({ desired, ...item }) => ({ ...item, wanted: desired as Wanted }));
  const text = own.find(({ type, wanted }) => ["file", "template"].includes(type) && wanted.ensure !== "absent");
  const service = own.find(({ type, wanted }) => type === "service" && wanted.running === true);
  return [
    ...(text ? [{ says: `${text.title} is deleted`, run: ["rm", "--", text.title] }] : []),
    ...(service ? [{ says: `${service.title} is stopped`, run: ["systemctl", "stop", "--", service.title] }] : []),
  ];
}
