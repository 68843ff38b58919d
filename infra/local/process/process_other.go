//go:build !linux

package process

import "syscall"

// Other systems have no parent-death signal. There, Node ends when its standard
// input does, and a bootstrap when the Runtime API no longer responds.
func dieWithParent(*syscall.SysProcAttr) {}
