package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"roster/localdev/awstest"
	"roster/localdev/mailbox"
)

// smallDisk mounts one of so many megabytes. Where that is not allowed, the
// test is skipped.
func smallDisk(t *testing.T, megabytes int) (dir string) {
	t.Helper()
	dir = dataFolder(t)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", megabytes)); err != nil {
		skip := fmt.Sprintf("A FULL DISK IS NOT TESTED: %s: mount a small one: %v", t.Name(), err)
		fmt.Fprintln(os.Stderr, skip)
		t.Skip(skip)
	}
	t.Cleanup(func() {
		_ = removeServer(dir)
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestATooSmallDiskIsExplained(t *testing.T) {
	t.Parallel()
	for _, megabytes := range []int{1, 20} {
		dir := smallDisk(t, megabytes)
		launch(t, []string{"-addr", "127.0.0.1:0", "-data", dir}).wantRefusal("making the database in "+dir, "No space left on device")
	}
}

// The mailbox keeps what it has when the disk is full, and shows the mail that it
// cannot keep.
func TestAFullDiskKeepsTheMailbox(t *testing.T) {
	t.Parallel()
	file := filepath.Join(smallDisk(t, 1), "mails.json")
	box, err := mailbox.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		box.Add(awstest.Mail{Subject: fmt.Sprint("mail ", i), Text: strings.Repeat("x", 200<<10)})
	}
	shown := func(box *mailbox.Box) string {
		w := httptest.NewRecorder()
		mailbox.New(box, "").ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", mailbox.Path, nil))
		return w.Body.String()
	}
	if page := shown(box); !strings.Contains(page, ">mail 0<") || !strings.Contains(page, ">mail 7<") {
		t.Errorf("the page lacks a mail:\n%s", page)
	}
	again, err := mailbox.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	if page := shown(again); !strings.Contains(page, ">mail 0<") || strings.Contains(page, ">mail 7<") {
		t.Errorf("the file has:\n%s", page)
	}
	if left, _ := os.ReadDir(filepath.Dir(file)); len(left) != 1 {
		t.Errorf("files: %v", left)
	}
}

// A disk that fills up is an outage and no bug, and costs no account.
func TestAFullDiskIsAnOutage(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, 80)
	p := launch(t, []string{"-addr", "127.0.0.1:0", "-data", dir})
	c := newAPIClient(p, p.waitUntilReady())
	c.register("ann", http.StatusCreated)

	fill(t, dir)
	refused := 0
	for n := 0; n < 200 && refused < 3; n++ {
		resp, err := http.Post(c.url+"/api/user/register", "application/json", strings.NewReader(
			fmt.Sprintf(`{"username":"user%d","first_name":"A","last_name":"B","email":"user%d@example.com","password":"password123"}`, n, n)))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		switch resp.StatusCode {
		case http.StatusCreated:
		case http.StatusServiceUnavailable:
			refused++
		default:
			t.Fatalf("registration %d is answered %d", n, resp.StatusCode)
		}
	}
	if refused == 0 {
		t.Error("the disk was not full enough")
	}
	if err := os.Remove(filepath.Join(dir, "fill")); err != nil {
		t.Fatal(err)
	}
	if status := p.signalAndWait(os.Interrupt); status != 0 {
		t.Errorf("status %d: %v", status, p)
	}
	p = launch(t, []string{"-addr", "127.0.0.1:0", "-data", dir})
	c = newAPIClient(p, p.waitUntilReady())
	c.register("ann", http.StatusConflict)
	c.register("bob", http.StatusCreated)
	p.wantCleanStop(syscall.SIGINT, dir)
}

// fill takes what is left of the disk, and then has PostgreSQL use up what it
// had put by.
func fill(t *testing.T, dir string) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "fill"))
	if err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	_ = f.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	db, err := pgx.Connect(ctx, "user=postgres dbname=roster host="+filepath.Join(dir, "postgres", "server"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(ctx)
	_, err = db.Exec(ctx, "create table filler (t text)")
	for n := 0; err == nil && n < 1000; n++ {
		_, err = db.Exec(ctx, "insert into filler select string_agg(md5(random()::text), '') from generate_series(1, 3000)")
	}
	t.Logf("PostgreSQL says of the full disk: %v", err)
}
