//go:build !linux

package pgserver

import "syscall"

// bind does nothing: this system cannot tie a process's life to its parent's. A server whose parent was killed goes on,
// and the next Start on its folder names it.
func bind(*syscall.SysProcAttr, bool) {}

// reach does nothing: this system has no capabilities.
func reach(*syscall.SysProcAttr, user, string) {}
