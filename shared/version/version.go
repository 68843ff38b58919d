// Package version tells which version of this project is running.
package version

// Unknown is the version of what go build and go test make.
const Unknown = "devel"

// Version is what "git describe" says of the commit that was built, without the v of a tag
// such as v1.0.0. infra/build.sh has the linker set it in the CDK app and sdtasks.
var Version = Unknown
