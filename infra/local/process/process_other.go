//go:build !linux

package process

import "syscall"

// Elsewhere children notice by themselves: Node by the end of its standard
// input, a bootstrap when the Runtime API no longer answers.
func dieWithParent(*syscall.SysProcAttr) {}
