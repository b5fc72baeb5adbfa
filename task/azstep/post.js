'use strict';
// The agent runs this script for every use of the task, even if its main step was
// skipped. A main step that ran has left a variable of the task.
if (process.env.VSTS_TASKVARIABLE_AZSTEP) require('./task.js').run(['post']);
