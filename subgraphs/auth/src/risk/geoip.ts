import type { Logger } from '@gatehouse/service-kit';
import { type AsnResponse, type CityResponse, Reader } from 'mmdb-lib';
import { followFile } from './followed-file.ts';

export type Place = {
  /** ISO 3166-1 alpha-2. */
  country: string | null;
  city: string | null;
  /** Degrees. */
  latitude: number | null;
  longitude: number | null;
  /** The autonomous system, the operator of the network. */
  asn: number | null;
};

export type Geoip = {
  /** Undefined for an address that no database knows. */
  placeOf(ipAddress: string): Place | undefined;
  look(): void;
  stop(): Promise<void>;
};

type Entry = Partial<CityResponse> & Partial<AsnResponse>;

/** Where addresses are, as files in MaxMind's format (.mmdb) have it: for each thing, the first file that knows it. */
export function openGeoip(files: readonly string[], logger: Logger): Geoip {
  const databases = files.map((file) =>
    followFile({
      setting: 'GEOIP_DATABASE',
      file,
      parse: (content) => new Reader<CityResponse & AsnResponse>(content),
      logger,
    }),
  );
  const entriesOf = (ipAddress: string): Entry[] =>
    databases.flatMap(({ current }) => {
      try {
        return current.get(ipAddress) ?? [];
      } catch {
        // A database of IPv4 alone knows no other address.
        return [];
      }
    });

  return {
    placeOf(ipAddress) {
      const entries = entriesOf(ipAddress);
      if (entries.length === 0) return undefined;
      const first = <T>(of: (entry: Entry) => T | undefined): T | null => {
        for (const entry of entries) {
          const value = of(entry);
          if (value !== undefined) return value;
        }
        return null;
      };
      const location = first((entry) => entry.location);
      return {
        country: first((entry) => entry.country?.iso_code),
        city: first((entry) => entry.city?.names?.en),
        latitude: location?.latitude ?? null,
        longitude: location?.longitude ?? null,
        asn: first((entry) => entry.autonomous_system_number ?? entry.traits?.autonomous_system_number),
      };
    },
    look: () => {
      for (const database of databases) database.look();
    },
    async stop() {
      for (const database of databases) database.stop();
    },
  };
}
