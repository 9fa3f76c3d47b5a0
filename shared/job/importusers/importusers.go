// Package importusers imports accounts for an operator who invokes the function
// import_users, from a file in S3 or from the request itself:
//
//	job := importusers.NewJob(db, parts, bucket)
//	report, err := job(ctx, importusers.Request{Bucket: "b", Key: "users.jsonl", Apply: true})
//
// A run that comes near the end of its time stops, and its report says with which
// row another invocation goes on. It refuses to start without saying which rows,
// and to log what is in them.
package importusers

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"time"

	"roster/shared/directory"
	"roster/shared/fault"
)

// Request is what an operator asks for. It names an object in S3, or has records.
type Request struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
	// Records are accounts as lines of a file have them.
	Records []json.RawMessage `json:"records"`

	Policy directory.Policy `json:"policy"`
	// Apply writes. Without it the run only reports, as roster import does.
	Apply bool `json:"apply"`
	// NextRow is that of an earlier report. The rows before it are not read again.
	NextRow int `json:"next_row"`
}

// check names every bad member.
func (r Request) check() fault.Fields {
	bad := directory.Options{Policy: r.Policy}.Check()
	fromS3 := r.Bucket != "" || r.Key != ""
	switch {
	case fromS3 && len(r.Records) > 0:
		bad.Add("records", "must not be given with bucket and key")
	case fromS3 && (r.Bucket == "" || r.Key == ""):
		bad.Add("bucket", "and key are needed together")
	case !fromS3 && len(r.Records) == 0:
		bad.Add("bucket", "and key, or records, say what to import")
	}
	if r.NextRow < 0 {
		bad.Add("next_row", "must be the next_row of an earlier report")
	}
	return bad
}

// Open opens an object of S3.
type Open func(ctx context.Context, bucket, key string) (io.ReadCloser, error)

// Job imports what a request asks for.
type Job func(ctx context.Context, request Request) (directory.Report, error)

// reserve is how much of the invocation's time is left when a run stops. A batch
// takes a fraction of a second, and a slow database a few seconds.
const reserve = time.Minute

// NewJob returns the job that imports into the database.
func NewJob(db directory.Importer, parts directory.ImportParts, open Open) Job {
	return func(ctx context.Context, request Request) (directory.Report, error) {
		if err := request.check().Err(); err != nil {
			return directory.Report{}, err
		}
		rows := records(request.Records, request.NextRow)
		if request.Bucket != "" {
			object, err := open(ctx, request.Bucket, request.Key)
			if err != nil {
				return directory.Report{}, err
			}
			defer object.Close()
			rows = directory.Lines(object, request.NextRow)
		}
		report, err := directory.Import(ctx, db, parts, rows, directory.Options{
			Policy: request.Policy, DryRun: !request.Apply, Now: time.Now(), Stop: func() bool { return isNearEnd(ctx) },
		})
		slog.InfoContext(ctx, "imported", "dry_run", !request.Apply, "rows", report.Rows, "created", report.Created, "updated", report.Updated,
			"unchanged", report.Unchanged, "skipped", report.Skipped, "refused", report.Refused, "next_row", report.Next)
		return report, err
	}
}

// isNearEnd reports whether the invocation's time is nearly over.
func isNearEnd(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) < reserve
}

// records are the rows of a request, from 1.
func records(all []json.RawMessage, from int) directory.Source {
	return func(yield func(directory.Row, error) bool) {
		for i, record := range all {
			if number := i + 1; number >= from && !yield(directory.Parse(number, record), nil) {
				return
			}
		}
	}
}
