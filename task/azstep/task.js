'use strict';
// Starts azstep as a task of Azure Pipelines, with the start script of the action.
// The program itself reads the task's inputs, the connection that they name and the
// job's token; the script uses no task library.

const fs = require('node:fs');
const path = require('node:path');
const { place, start } = require('./start.js');

function run(args) {
  start({ as: 'azstep-task', args, bin: programs(), prepare: executable, line: issue });
}

// In a checkout, the programs may only be where `make action` puts the action's
// programs.
function programs() {
  const own = path.join(__dirname, 'bin');
  return fs.existsSync(own) ? own : path.join(__dirname, '..', '..', 'bin');
}

// The agent unpacks a task without the modes of its files, and the folder may belong
// to another user or be mounted read-only, as in a container job.
function executable(file) {
  if (process.platform === 'win32' || isExecutable(file)) return file;
  try {
    fs.chmodSync(file, 0o755);
    return file;
  } catch (error) {
    const temp = process.env.AGENT_TEMPDIRECTORY;
    if (!temp) throw error;
    return place(file, fs.mkdtempSync(path.join(temp, 'azstep-')));
  }
}

function isExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

// An agent decodes %AZP25 unless the job disables that.
function issue(message) {
  const percent = /^false$/i.test(process.env.DECODE_PERCENTS || '') ? '%' : '%AZP25';
  const escapes = { '%': percent, ';': '%3B', '\r': '%0D', '\n': '%0A', ']': '%5D' };
  return '##vso[task.logissue type=error]' + message.replace(/[%;\r\n\]]/g, (c) => escapes[c]);
}

module.exports = { run };
