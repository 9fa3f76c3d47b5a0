package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// The block of README.md's "Try it", pasted whole into a shell beside a fresh
// localdev, prints what README.md says, line by line.
func TestReadmeIsAnsweredAsPrinted(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "\n## Try it\n")
	section, _, _ = strings.Cut(section, "\n## ")
	script, want := codeBlock(section, "sh"), codeBlock(section, "text")
	if calls := strings.Count(script, "curl "); calls != 7 || strings.Count(want, "\n") != 7 {
		t.Fatalf("README.md has %d calls and prints\n%s\nwant seven of both", calls, want)
	}
	const address = "http://127.0.0.1:3000"
	if strings.Count(script, address) != 1 {
		t.Fatalf("README.md's block does not name %s once", address)
	}

	dir := dataFolder(t)
	p := launch(t, []string{"-addr", "127.0.0.1:0", "-data", dir})
	got := runInShell(t, strings.Replace(script, address, p.waitUntilReady(), 1))
	if !outputPattern(want).MatchString(got) {
		t.Errorf("README.md prints\n%s\nthe answers are\n%s", want, got)
	}
	p.wantCleanStop(syscall.SIGINT, dir)
}

// codeBlock returns the one block of code of a section in a language.
func codeBlock(section, language string) string {
	_, code, _ := strings.Cut(section, "\n```"+language+"\n")
	code, _, _ = strings.Cut(code, "\n```")
	return code + "\n"
}

// runInShell gives a script to a shell line by line, as a terminal does, and returns
// what it printed.
func runInShell(t *testing.T, script string) string {
	t.Helper()
	shell := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc")
	shell.Dir = t.TempDir()
	shell.Env = []string{"PATH=" + os.Getenv("PATH"), "NO_PROXY=*"}
	shell.Stdin = strings.NewReader(script)
	out, err := shell.CombinedOutput()
	if err != nil {
		t.Errorf("the block of README.md ends with %v", err)
	}
	return string(out)
}

// outputPattern matches what README.md prints, where … is any part of a line.
func outputPattern(text string) *regexp.Regexp {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(text), "…", ".+") + "$")
}
