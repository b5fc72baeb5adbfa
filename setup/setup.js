'use strict';
// Puts azstep on the PATH of the job's later steps.

const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { annotation, guard, place, program } = require('../action/start.js');

guard(annotation, () => {
  const dir = fs.mkdtempSync(path.join(process.env.RUNNER_TEMP, 'azstep-'));
  const file = place(program(path.join(__dirname, '..', 'bin')), dir);
  const { status, error } = spawnSync(file, ['version'], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${file} could not be started: ${error ? error.message : `exit code ${status}`}`);
  fs.appendFileSync(process.env.GITHUB_PATH, dir + '\n');
});
