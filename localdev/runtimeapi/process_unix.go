//go:build unix && !linux

package runtimeapi

import "syscall"

// ownGroup puts a process into a group of its own, which can be killed whole.
// If this process dies, the Runtime API dies with it and the functions end
// when they next ask for an event.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
