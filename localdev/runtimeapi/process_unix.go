//go:build unix && !linux

package runtimeapi

import "syscall"

// ownGroup puts a process into its own process group, so that all of it can be
// killed. If this process dies, its Runtime API is gone, and the functions end when
// they next ask for an event.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
