package mailbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"roster/localdev/awstest"
)

// maxMails is how many mails a box keeps. Older ones are removed, so that the
// file stays small enough to be written anew for each mail.
const maxMails = 100

// Box keeps mails in memory and in a file, so that they are there after a
// restart. Its methods are safe for concurrent use.
type Box struct {
	file string
	now  func() time.Time

	mu   sync.Mutex
	kept []kept // the oldest first
}

// kept is a mail in the file. Its number stays the same over restarts, and so does
// its address.
type kept struct {
	Number                        int
	At                            time.Time
	From, To, Subject, Text, HTML string
}

// Open returns the box of a file, which may not exist yet. If the file is damaged,
// the box is empty and can be used; the error says so.
func Open(file string) (*Box, error) {
	b := &Box{file: file, now: time.Now}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &b.kept)
	}
	if err != nil {
		b.kept = nil
		return b, fmt.Errorf("the mails of earlier runs in %s cannot be read, and the next mail replaces them: %w", file, err)
	}
	return b, nil
}

// Add keeps a mail that has just been sent. If the file cannot be written, for
// example because the disk is full, the mail is kept in memory.
func (b *Box) Add(m awstest.Mail) {
	b.mu.Lock()
	defer b.mu.Unlock()
	number := 1
	if n := len(b.kept); n > 0 {
		number = b.kept[n-1].Number + 1
	}
	b.kept = append(b.kept, kept{Number: number, At: b.now(), From: m.From, To: m.To, Subject: m.Subject, Text: m.Text, HTML: m.HTML})
	b.kept = slices.Clone(b.kept[max(0, len(b.kept)-maxMails):])
	if err := b.write(); err != nil {
		slog.Warn("the mailbox's file cannot be written; its mails are lost when localdev stops", "error", err)
	}
}

// write replaces the file as a whole, by one that only its owner can read: mails
// have links that set passwords.
func (b *Box) write() error {
	text, err := json.MarshalIndent(b.kept, "", " ")
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(b.file), filepath.Base(b.file)+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(append(text, '\n'))
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), b.file)
}

// newestFirst returns the mails.
func (b *Box) newestFirst() []kept {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := slices.Clone(b.kept)
	slices.Reverse(all)
	return all
}
