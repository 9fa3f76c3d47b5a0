package web

import (
	"fmt"
	"net/http"
)

// Download is Endpoint for an answer that a browser should save as a file. The
// function also returns the name of the file, which must be printable ASCII without
// quotation marks.
func Download[Out any](run func(*http.Request) (out Out, file string, err error)) http.Handler {
	return Respond(func(w http.ResponseWriter, r *http.Request) (int, error) {
		var file string
		out, err := CatchPanic(r, func(r *http.Request) (out Out, err error) {
			out, file, err = run(r)
			return out, err
		})
		if err != nil {
			return WriteError(w, r, err), err
		}
		w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", file))
		writeJSON(w, http.StatusOK, "application/json", out)
		return http.StatusOK, nil
	})
}
