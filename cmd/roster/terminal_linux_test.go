package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"roster/localdev/programtest"
)

// pseudoTerminal returns both ends of a pseudo-terminal.
func pseudoTerminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = person.Close() })
	var number int
	raw, err := person.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	failed := raw.Control(func(fd uintptr) {
		if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err == nil {
			number, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	})
	if failed != nil || err != nil {
		t.Fatal(failed, err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = program.Close() })
	return person, program
}

// On a real terminal the password is not shown, even when it is typed at the moment at
// which the question appears, and Ctrl-C ends the question.
func TestAPasswordIsNotShown(t *testing.T) {
	t.Parallel()
	p := service(t)
	for typed, want := range map[string]string{bossPassword + "\r": "username      admin", "\x03": "no password was given; nothing was done"} {
		person, program := pseudoTerminal(t)
		cmd := exec.CommandContext(t.Context(), programtest.Program(t, "cmd/roster"), "user", "show", boss, "--url", p.address, "--username", boss)
		cmd.Env = []string{"TERM=dumb"}
		cmd.Stdin, cmd.Stdout, cmd.Stderr = program, program, program
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		_ = program.Close()
		screen := readScreen(t, person, typed)
		_ = cmd.Wait()
		if !strings.Contains(screen, want) || strings.Contains(screen, bossPassword) {
			t.Errorf("the screen shows\n%s\nwant %q", screen, want)
		}
	}
}

// readScreen returns what a person sees, who types an answer as soon as there is a
// question.
func readScreen(t *testing.T, person *os.File, typed string) string {
	t.Helper()
	if err := person.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Log(err) // the end of the program ends the screen, too
	}
	var screen bytes.Buffer
	buffer, answered := make([]byte, 4096), false
	for {
		n, err := person.Read(buffer)
		screen.Write(buffer[:n])
		if !answered && strings.Contains(screen.String(), "Password of ") {
			answered = true
			if _, err := person.WriteString(typed); err != nil {
				t.Fatal(err)
			}
		}
		if err != nil { // EIO: nobody has the other end any longer
			return screen.String()
		}
	}
}
