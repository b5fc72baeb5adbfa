'use strict';
// Starts the azstep program that lies beside this script. It uses no packages and
// downloads, unpacks, hashes and caches nothing: whoever could change the program
// could change this script as well, so the commit is the hash.
//
// action/main.js, action/post.js, setup/setup.js and the task's scripts use it:
//
//   start({
//     as: 'azstep-github',     // argv[0] of the program: see below
//     args: ['post'],          // its arguments; none by default
//     bin: DIR,                // the folder with the programs; ../bin by default
//     env: {...},              // its environment, without NODE_OPTIONS; this process's by default
//     prepare: (file) => file, // called before the start: makes the program executable, or returns a copy
//     line: (message) => '..', // writes an error as the host wants it; a GitHub annotation by default
//   })
//
//   program(bin)      returns the path of the program for this machine, or throws an error that says what to do
//   place(file, dir)  copies that program to DIR/azstep (azstep.exe on Windows) and returns the new path
//   guard(line, f)    runs f; an error is printed as line(message), and the process exits with 1
//
// argv[0] tells the program its host (internal/host/started.go). Variables cannot:
// any step of a job can set GITHUB_ACTIONS, TF_BUILD or AZSTEP_HOST for later steps.

const fs = require('node:fs');
const path = require('node:path');

const platforms = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64', 'win32-arm64', 'win32-x64'];
const here = `${process.platform}-${process.arch}`;

function start(options) {
  const line = options.line || annotation;
  guard(line, () => {
    const prepare = options.prepare || ((file) => file);
    const file = checked(prepare(program(options.bin || path.join(__dirname, '..', 'bin'))));
    const argv = [options.as, ...(options.args || [])];
    const env = withoutNodeOptions(options.env || process.env);
    // execve replaces this process, so there is no child to watch and no signal to
    // pass on. Node has it since 22.15. On Windows it exists, but always fails.
    if (process.execve && process.platform !== 'win32') process.execve(file, argv, env);
    else spawn(file, argv, env, line);
  });
}

function program(bin) {
  const file = path.join(bin, fileName(here));
  if (fs.existsSync(file)) return file;
  const there = platforms.filter((platform) => fs.existsSync(path.join(bin, fileName(platform))));
  if (!platforms.includes(here) || there.length > 0) {
    const list = (there.length > 0 ? there : platforms).join(', ');
    throw new Error(`There is no azstep program for ${here} in ${bin}. There are programs for ${list}. Run the job on one of these platforms.`);
  }
  throw new Error(`There are no azstep programs in ${bin}. Use a release, such as azstep/azstep@v1, or run \`make action\` in this checkout first.`);
}

function fileName(platform) {
  return `azstep-${platform}${platform.startsWith('win32') ? '.exe' : ''}`;
}

// Checks what would make execve end Node with a stack dump.
function checked(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
  } catch (error) {
    throw new Error(`${file} is not executable (${error.code}). Run \`chmod +x\` on it, and keep it on a file system that is not mounted with noexec.`);
  }
  if (!isProgram(firstBytes(file))) {
    throw new Error(`${file} is not a program. Use a release, such as azstep/azstep@v1, or run \`make action\` in this checkout again.`);
  }
  return file;
}

function firstBytes(file) {
  const bytes = Buffer.alloc(4);
  const fd = fs.openSync(file, 'r');
  try {
    fs.readSync(fd, bytes, 0, bytes.length, 0);
  } finally {
    fs.closeSync(fd);
  }
  return bytes.toString('latin1');
}

// These are the beginnings of ELF, Mach-O (64 bits), a Windows program, and a
// script.
function isProgram(bytes) {
  return bytes === '\x7fELF' || bytes === '\xcf\xfa\xed\xfe' || bytes.startsWith('MZ') || bytes.startsWith('#!');
}

// NODE_OPTIONS is for this Node, not for the program. On Windows, the names of
// variables are not case-sensitive.
function withoutNodeOptions(env) {
  const copy = { ...env };
  for (const name of Object.keys(copy)) {
    if (name.toUpperCase() === 'NODE_OPTIONS') delete copy[name];
  }
  return copy;
}

function spawn(file, argv, env, line) {
  const { spawn } = require('node:child_process');
  const child = spawn(file, argv.slice(1), { argv0: argv[0], env, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK']) passOn(signal, child);
  child.on('error', (error) => fail(line, `${file} could not be started: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(signal ? 128 + require('node:os').constants.signals[signal] : code));
}

// On Windows the program is on the same console, which also sends it Ctrl-C and
// Ctrl-Break. This process only has to outlive it: kill() would end the program
// immediately.
function passOn(signal, child) {
  const windows = process.platform === 'win32';
  if (signal === 'SIGBREAK' && !windows) return;
  process.on(signal, () => {
    if (!windows) child.kill(signal);
  });
}

function place(file, dir) {
  const to = path.join(dir, process.platform === 'win32' ? 'azstep.exe' : 'azstep');
  fs.copyFileSync(file, to, fs.constants.COPYFILE_FICLONE);
  fs.chmodSync(to, 0o755);
  return to;
}

function guard(line, f) {
  try {
    f();
  } catch (error) {
    fail(line, error.message);
  }
}

function fail(line, message) {
  fs.writeSync(1, line(message) + '\n');
  process.exit(1);
}

function annotation(message) {
  return '::error title=azstep::' + message.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

module.exports = { start, program, place, guard, annotation };
