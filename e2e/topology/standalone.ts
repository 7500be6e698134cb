import type { TestProject } from 'vitest/node';
import { setUp } from './set-up.ts';

export default (project: TestProject) => setUp('standalone', project);
