/** Where a site keeps things (hier(7)); each root can be moved by an environment variable, as tests do. */
export interface Paths {
  /** Durable: the database, the controller's keys, the virtual rack's disks. */
  readonly state: string;
  /** Can be thrown away: images and packages, shared by all sites. */
  readonly cache: string;
  /** Sockets and pids; gone after a reboot. */
  readonly run: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** @param site the site's name: each site has its own state and run directory */
export function sitePaths(site: string, environment: Environment): Paths {
  return {
    state: `${environment.PROVISION_STATE_DIR ?? "/var/lib/provision"}/${site}`,
    cache: environment.PROVISION_CACHE_DIR ?? "/var/cache/provision",
    run: `${environment.PROVISION_RUN_DIR ?? "/run/provision"}/${site}`,
  };
}

export const databaseFile = (paths: Paths) => `${paths.state}/provision.sqlite`;
export const apiSocket = (paths: Paths) => `${paths.run}/api.sock`;

/** The age identity that opens the inventory's `!secret`s. */
export const identityFile = (paths: Paths, environment: Environment) =>
  environment.PROVISION_AGE_IDENTITY || `${paths.state}/identity.age-key`;
