// Package version tells which version of this project is running.
package version

// Version is what "git describe" says of the commit that was built. The Makefile has the
// linker set it in what is deployed, the CDK app and sdtasks; go build and go test leave it
// as it is, and so do the local stack's functions.
var Version = "devel"
