// Reads one request a line, in JSON: a log line to parse, as a string, or a
// command to write, as [name, properties, data]. Answers each with a line of JSON.
const command = require(process.argv[2] + '/node_modules/azure-pipelines-task-lib/taskcommand.js');
const lines = require('fs').readFileSync(0, 'utf8').split('\n').filter(line => line);
for (const request of lines.map(line => JSON.parse(line))) {
  if (typeof request === 'string') {
    const parsed = command.commandFromString(request);
    console.log(JSON.stringify({name: parsed.command, properties: parsed.properties, data: parsed.message}));
  } else {
    console.log(JSON.stringify(new command.TaskCommand(...request).toString()));
  }
}
