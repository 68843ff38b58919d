package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	prettytext "github.com/jedib0t/go-pretty/v6/text"

	"sdtasktracker/infra/report"
	"sdtasktracker/shared/announcement"
)

// maxCell is how many characters of text a table's line has room for in a cell.
const maxCell = 64

// heading heads a column: with an attribute's name in CSV, and with words for
// people in a table.
type heading struct{ name, title string }

// sheet is a table of texts, times, durations and numbers; nil is what is not
// known.
type sheet struct {
	headings []heading
	rows     [][]any
}

// printTable prints the sheet for people.
func (p *program) printTable(s sheet) {
	t := newTable(p.out)
	header := table.Row{}
	var configs []table.ColumnConfig
	for i, h := range s.headings {
		header = append(header, h.title)
		config := table.ColumnConfig{Number: i + 1, WidthMax: maxCell, WidthMaxEnforcer: prettytext.WrapText}
		if s.measures(i) {
			config.Align = prettytext.AlignRight
		}
		configs = append(configs, config)
	}
	t.SetColumnConfigs(configs)
	t.AppendHeader(header)
	for _, row := range s.rows {
		cells := table.Row{}
		for _, value := range row {
			cells = append(cells, p.cell(value))
		}
		t.AppendRow(cells)
	}
	t.Render()
}

// measures tells whether a column has numbers or durations.
func (s sheet) measures(column int) bool {
	return slices.ContainsFunc(s.rows, func(row []any) bool {
		switch row[column].(type) {
		case int, time.Duration:
			return true
		}
		return false
	})
}

// printCSV prints the sheet for programs.
func (p *program) printCSV(s sheet) error {
	w := csv.NewWriter(p.out)
	var header []string
	for _, h := range s.headings {
		header = append(header, h.name)
	}
	lines := [][]string{header}
	for _, row := range s.rows {
		var cells []string
		for _, value := range row {
			cells = append(cells, plain(value))
		}
		lines = append(lines, cells)
	}
	return w.WriteAll(lines)
}

// printJSON prints an array of objects.
func printJSON[Object any](out io.Writer, objects []Object) error {
	if objects == nil {
		objects = []Object{}
	}
	var document bytes.Buffer
	encoder := json.NewEncoder(&document)
	encoder.SetEscapeHTML(false) // people copy links
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(objects); err != nil {
		return err
	}
	_, err := io.WriteString(out, escapeJSON(document.Bytes()))
	return err
}

// plain is a value as programs read it.
func plain(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case time.Time:
		if value.IsZero() {
			return ""
		}
		return announcement.FormatTime(value)
	case time.Duration:
		return fmt.Sprint(value.Milliseconds())
	}
	return escape(fmt.Sprint(value))
}

// cell is a value as people read it.
func (p *program) cell(value any) any {
	switch value := value.(type) {
	case time.Time:
		return report.Clock(value)
	case time.Duration:
		return readable(value)
	case int:
		return value
	case announcement.Status:
		if color, ok := colors[value]; ok && p.colored {
			return color.Sprint(value)
		}
	}
	return plain(value)
}

var colors = map[announcement.Status]prettytext.Color{
	announcement.Running: prettytext.FgYellow, announcement.Completed: prettytext.FgGreen,
	announcement.Failed: prettytext.FgRed,
}

// readable is a duration with no more digits than matter.
func readable(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	case d < day:
		return d.Round(time.Second).String()
	}
	return fmt.Sprintf("%dd%dh", d/day, d%day/time.Hour)
}
