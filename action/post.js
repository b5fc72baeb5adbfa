'use strict';
require('./start.js').start({ as: 'azstep-github', args: ['post'] });
