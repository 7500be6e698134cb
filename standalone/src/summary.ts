/** What a person who just started Gatehouse wants to know. */
export function summary(facts: {
  publicUrl: string;
  engine: string;
  mailbox: boolean;
  admin: { email: string; password: string | null };
  milliseconds: number;
}): string {
  const { publicUrl, engine, mailbox, admin, milliseconds } = facts;
  const rows: [string, string][] = [
    ['GraphQL', `${publicUrl}/graphql`],
    ['Playground', `${publicUrl}/playground`],
    ...(mailbox ? ([['Mailbox', `${publicUrl}/dev/mailbox`]] as [string, string][]) : []),
    ['Data', engine],
    ['Sign in', admin.password ? `${admin.email}  password  ${admin.password}` : admin.email],
  ];
  const lines = rows.map(([label, value]) => `  ${label.padEnd(12)}${value}`);
  if (admin.password)
    lines.push(`  ${''.padEnd(12)}(this password is shown once; change it after signing in)`);
  return `\nGatehouse is ready after ${(milliseconds / 1000).toFixed(1)} s. Ctrl-C stops it.\n\n${lines.join('\n')}\n`;
}
