// Package formtest prepares azstep in the forms in which users get it, for the tests
// of the built program: the action and the task, with the program of this machine, in
// folders as a release has them. It finds the versions of Node that start them, and
// ends a step as the GitHub runner and the Azure Pipelines agent do when a job is
// canceled.
//
// Only tests may import this package.
package formtest
