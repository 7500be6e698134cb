import type { Database } from '@gatehouse/data';
import { sql } from 'drizzle-orm';
import { forgetOtherSystems } from './queries/other-systems.ts';

const batch = 200;

/**
 * Erases deleted users whose retention has ended, in small transactions: roles and personal data go, the id stays for
 * what refers to it. Several processes may run it at once. Answers how many there were.
 */
export async function eraseUsers(database: Database): Promise<number> {
  let erased = 0;
  for (;;) {
    const done = await eraseBatch(database);
    erased += done;
    if (done < batch) return erased;
  }
}

const eraseBatch = (database: Database): Promise<number> =>
  database.transaction(async (tx) => {
    const { rows } = await tx.execute<{ id: string }>(sql`
      update "user".users set
        email = id || '@erased.invalid', email_key = id || '@erased.invalid', username = null, username_key = null,
        first_name = null, first_name_key = '', last_name = null, last_name_key = '', locale = 'en', time_zone = 'UTC',
        status_reason = null, phone_number = null, avatar_document_id = null, preferences = '{}', erase_at = null,
        erased_at = now(), updated_at = now()
      where id in (
        select id from "user".users where erase_at <= now() and status = 'DELETED'
        order by erase_at limit ${batch} for update skip locked
      )
      returning id`);
    if (rows.length > 0) {
      const ids = rows.map((row) => row.id);
      await forgetOtherSystems(tx, ids);
      await tx.execute(sql`delete from "user".user_roles where user_id = any(${sql.param(ids)}::uuid[])`);
    }
    return rows.length;
  });
