import { writeSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

const linesOfAnError = 12;

/** Says what failed once more as the last words of a run, after all that its deployments had to say; a log is often read from its end. */
export default class FailuresLast implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const failed = tests.filter((test) => test.result().state === 'failed');
    const lines = [
      ...failed.flatMap((test) =>
        describe(`${nameOf(test.module)} > ${test.fullName}`, test.result().errors),
      ),
      ...modules.flatMap((module) => describe(nameOf(module), errorsOutsideTests(module))),
      ...describe('outside of every test', unhandled),
    ];
    const passed = tests.filter((test) => test.result().state === 'passed').length;
    const end = `\n${lines.map((line) => `${line}\n`).join('')}${passed} passed, ${failed.length} failed\n`;
    process.on('exit', () => writeSync(process.stdout.fd, end));
  }
}

const nameOf = (module: TestModule) => `|${module.project.name}| ${module.relativeModuleId}`;

const errorsOutsideTests = (module: TestModule) => [
  ...module.errors(),
  ...[...module.children.allSuites()].flatMap((suite) => suite.errors()),
];

const describe = (where: string, errors: readonly SerializedError[] | undefined): string[] =>
  (errors ?? []).flatMap(({ message, stack, diff }) => [
    `FAIL ${where}`,
    ...[message, diff ?? '', ownFrames(stack)]
      .join('\n')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(0, linesOfAnError)
      .map((line) => `  ${line.slice(0, 300)}`),
  ]);

const ownFrames = (stack = '') =>
  stack
    .split('\n')
    .filter((line) => line.startsWith('    at ') && !line.includes('node_modules') && !line.includes('node:'))
    .slice(0, 3)
    .join('\n');
