// Makes the keys by which the processes of a fleet prove to each other who they are: node scripts/passports.ts FOLDER
import { createPassportKeys } from '@gatehouse/process';

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error('usage: node scripts/passports.ts FOLDER');
  process.exit(2);
}
await createPassportKeys(folder);
console.log(`passport keys are in ${folder}: give each process its own and public.json`);
