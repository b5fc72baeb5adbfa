'use strict';
require('./task.js').run([]);
