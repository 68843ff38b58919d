// Package output prints the results of subcommands, as tables and text for people and as JSON and CSV for programs. It
// escapes untrusted text, and checks every write.
package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"sdtasktracker/infra/operator/command"
)

// Format is the format of results.
type Format string

// The formats.
const (
	Table Format = "table" // or other text for people
	JSON  Format = "json"
	CSV   Format = "csv"
)

// Formats are all formats.
var Formats = []Format{Table, JSON, CSV}

// Printer prints results and progress. Its methods are safe for concurrent use.
type Printer struct {
	Format Format
	// Watched reports whether a person sees the progress, so that bars make sense.
	Watched bool
	// Wide reports whether tables show all columns and full times even in a narrow terminal.
	Wide bool
	// LocalTime reports whether times are in the machine's time zone instead of UTC.
	LocalTime bool

	columns       int // the terminal's width; 0 if nothing limits a line
	now           func() time.Time
	colored       bool
	out, progress *writer
}

// NewPrinter returns a printer to a terminal. Its format is Table. It computes ages from now.
func NewPrinter(t command.Terminal, now func() time.Time) *Printer {
	return &Printer{
		Format: Table, Watched: t.Watched, columns: t.Columns, now: now, colored: t.Colored,
		out: &writer{to: t.Out}, progress: &writer{to: t.Progress},
	}
}

// Err returns the first error from writing results. After an error, the printer writes no more results.
func (p *Printer) Err() error {
	if err := p.out.firstError(); err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	return nil
}

// Printf prints results.
func (p *Printer) Printf(format string, args ...any) { fmt.Fprintf(p.out, format, args...) }

// silence is how long the command may print nothing before it says that it is waiting.
const silence = 2 * time.Second

// Reassure prints that the command is waiting for AWS, if somebody watches and nothing has been printed for two
// seconds. The returned function cancels that.
func (p *Printer) Reassure() (end func() bool) {
	if !p.Watched {
		return func() bool { return false }
	}
	return time.AfterFunc(silence, func() {
		if !p.out.used() && !p.progress.used() {
			p.Progressf("Waiting for AWS …\n")
		}
	}).Stop
}

// Progressf prints progress.
func (p *Printer) Progressf(format string, args ...any) { fmt.Fprintf(p.progress, format, args...) }

// Print prints objects as JSON, or rows as CSV. For people, it calls text, or prints rows as a table if text is nil.
func Print[Object any](p *Printer, objects []Object, rows Sheet, text func()) {
	switch {
	case p.Format == Table && text != nil:
		text()
		return
	case p.Format == Table:
		p.PrintTable(rows)
		return
	}
	list := p.NewList("row", rows.columns)
	if p.Format == JSON {
		for _, object := range objects {
			list.Add(object)
		}
	} else {
		for _, row := range rows.rows {
			list.Add(nil, row...)
		}
	}
	list.End()
}

// PrintLine prints an object as a line of JSON.
func (p *Printer) PrintLine(object any) { p.Printf("%s\n", p.encode(object, "", "")) }

// encode returns a value as JSON.
func (p *Printer) encode(value any, prefix, indent string) string {
	var document bytes.Buffer
	encoder := json.NewEncoder(&document)
	encoder.SetEscapeHTML(false) // people copy links
	encoder.SetIndent(prefix, indent)
	_ = encoder.Encode(value) // every printed value can be encoded
	return EscapeJSON(bytes.TrimSuffix(document.Bytes(), []byte("\n")))
}

// writer keeps the first error, and writes nothing after it.
type writer struct {
	to    io.Writer
	mutex sync.Mutex
	any   bool // whether anything was written
	err   error
}

// Write implements [io.Writer].
func (w *writer) Write(p []byte) (n int, err error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.any = true
	if w.err == nil {
		n, w.err = w.to.Write(p)
	}
	return n, w.err
}

func (w *writer) used() bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.any
}

func (w *writer) firstError() error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.err
}
