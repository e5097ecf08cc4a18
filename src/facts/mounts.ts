import type { Fact } from "./fact.ts";

export interface Mount {
  readonly source: string;
  readonly path: string;
  /** `ext4`, `xfs`, `nfs4`, … */
  readonly type: string;
  readonly options: readonly string[];
  /** Only of file systems on a local device: asking about others can hang. */
  readonly sizeBytes?: number;
  readonly availableBytes?: number;
}

const script = `while read -r m_source m_path m_type m_options m_rest; do
  m_sizes=
  case $m_source in /dev/*) m_sizes=$(stat -f -c '%S %b %a' "$(printf '%b' "$m_path")") ;; esac
  printf '%s\\n' "$m_source $m_path $m_type $m_options $m_sizes"
done < /proc/self/mounts`;

/** proc_pid_mounts(5): blanks, tabs, line feeds and backslashes come as three octal digits. */
const decoded = (text: string) =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** Of the kernel's own file systems nobody wants to know. */
const kernelTypes = new Set(
  "proc sysfs devtmpfs devpts cgroup cgroup2 securityfs debugfs tracefs pstore bpf mqueue hugetlbfs configfs fusectl autofs binfmt_misc efivarfs nsfs ramfs rpc_pipefs selinuxfs".split(
    " ",
  ),
);

export const mounts: Fact<readonly Mount[]> = {
  name: "mounts",
  cheap: false,
  script,
  parse: (lines) =>
    lines.flatMap((line) => {
      const [source = "", path = "", type = "", options = "", block, total, available] = line.split(" ");
      if (!type || kernelTypes.has(type)) return [];
      const sizes = block
        ? { sizeBytes: Number(block) * Number(total), availableBytes: Number(block) * Number(available) }
        : {};
      return [{ source: decoded(source), path: decoded(path), type, options: options.split(","), ...sizes }];
    }),
};
