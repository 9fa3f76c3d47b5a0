package postgres

import (
	"context"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
)

// statement is SQL with named arguments, such as @username. Every statement is
// a constant of this package, so that no value can get into its text, and a
// test prepares each one against the schema.
type statement string

// argument is the value of a name in a statement, without the @.
type argument struct {
	name  string
	value any
}

// named holds the arguments of a statement, in any order.
type named []argument

// numbered is a statement as PostgreSQL reads it, with $1, $2 and so on.
type numbered struct {
	sql    string
	number map[string]int // by name, from 0
}

// numberedStatements maps each statement to its *numbered. The names of a
// statement are resolved once in a process, at its first use, because a cold
// start should not pay for statements that it does not run.
var numberedStatements sync.Map

// bind returns the statement with numbered arguments, and the values in their
// order. Each name must be given once: a missing argument is an error, and so
// is an extra one. The error shows names and no values, because a value may be
// secret.
func (s statement) bind(args named) (sql string, values []any, err error) {
	n, err := s.numbered(args)
	if err != nil {
		return "", nil, err
	}
	values = make([]any, len(n.number))
	given := make([]bool, len(n.number))
	for _, a := range args {
		i, known := n.number[a.name]
		if !known {
			return "", nil, fmt.Errorf("the statement has no argument @%s", a.name)
		}
		if given[i] {
			return "", nil, fmt.Errorf("argument @%s is given twice", a.name)
		}
		values[i], given[i] = a.value, true
	}
	if len(args) < len(values) {
		for name, i := range n.number {
			if !given[i] {
				return "", nil, fmt.Errorf("argument @%s is missing", name)
			}
		}
	}
	return n.sql, values, nil
}

// numbered resolves the names of the statement with pgx's own rewriter. Each
// name is its own value, so that the values come back as the names in the order
// of their numbers. The arguments are those of the first use, and pgx checks
// that none is missing or extra.
func (s statement) numbered(args named) (*numbered, error) {
	if n, known := numberedStatements.Load(s); known {
		return n.(*numbered), nil
	}
	names := make(pgx.StrictNamedArgs, len(args))
	for _, a := range args {
		names[a.name] = a.name
	}
	sql, inOrder, err := names.RewriteQuery(context.Background(), nil, string(s), nil)
	if err != nil {
		return nil, err
	}
	n := &numbered{sql: sql, number: make(map[string]int, len(inOrder))}
	for i, name := range inOrder {
		n.number[name.(string)] = i
	}
	numberedStatements.Store(s, n)
	return n, nil
}
