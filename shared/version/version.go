// Package version has the version of this project.
package version

// Unknown is the version of programs built by go build and go test.
const Unknown = "devel"

// Version is the output of "git describe" for the built commit, without the v of a tag such
// as v1.0.0. infra/build.sh makes the linker set it in the CDK app and sdtasks.
var Version = Unknown
