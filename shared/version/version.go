// Package version tells which version of this project is running.
package version

// Version is what "git describe" says of the commit that was built. The Makefile
// has the linker set it; go build and go test leave it as it is.
var Version = "devel"
