package output

import (
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	prettytext "github.com/jedib0t/go-pretty/v6/text"
)

// Column is a column's heading: a name in CSV, and a title for people in a table.
type Column struct {
	Name, Title string
	// GivesWay is the column's place, from 1, in the order in which columns are left out if the terminal is too narrow; 0
	// if the column is never left out.
	GivesWay int
}

// Columns returns columns, each given as its name, or as its name and its title: "task_id: task".
func Columns(columns ...string) (all []Column) {
	for _, column := range columns {
		name, title, titled := strings.Cut(column, ": ")
		if !titled {
			title = name
		}
		all = append(all, Column{Name: name, Title: title})
	}
	return all
}

// GivingWay sets GivesWay: the columns with these names are left out, in this order, if the terminal is too narrow. It
// returns the same columns.
func GivingWay(columns []Column, names ...string) []Column {
	for i := range columns {
		columns[i].GivesWay = 1 + slices.Index(names, columns[i].Name)
	}
	return columns
}

// Sheet is rows of texts, times, durations and numbers; nil is an empty cell.
type Sheet struct {
	columns []Column
	rows    [][]any
}

// NewSheet returns a sheet without rows.
func NewSheet(columns []Column) Sheet { return Sheet{columns: columns} }

// Add adds a row, with a value for each column.
func (s *Sheet) Add(row ...any) { s.rows = append(s.rows, row) }

// Empty reports whether the sheet has no rows.
func (s *Sheet) Empty() bool { return len(s.rows) == 0 }

// PrintTable prints the sheet for people.
func (p *Printer) PrintTable(s Sheet) { p.Printf("%s\n", p.newTable(s, p.layout(s)).Render()) }

func (p *Printer) newTable(s Sheet, columns []table.ColumnConfig) table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleRounded)
	t.Style().Format.Header = prettytext.FormatDefault
	t.SetColumnConfigs(columns)
	header := table.Row{}
	for i := range s.columns {
		header = append(header, p.heading(s, i))
	}
	t.AppendHeader(header)
	for _, row := range s.rows {
		cells := table.Row{}
		for _, value := range row {
			cells = append(cells, p.cell(value))
		}
		t.AppendRow(cells)
	}
	return t
}

// heading returns a column's title in a table. It adds the time zone to columns of times, but not of ages.
func (p *Printer) heading(s Sheet, column int) string {
	title := s.columns[column].Title
	if s.has(column, func(value any) bool { _, ok := value.(time.Time); return ok }) && !p.showsAges() {
		title += " (" + p.Zone() + ")"
	}
	return title
}

// measures reports whether a column has numbers or durations.
func (s Sheet) measures(column int) bool {
	return s.has(column, func(value any) bool {
		switch value.(type) {
		case int, time.Duration:
			return true
		}
		return false
	})
}

func (s Sheet) has(column int, is func(any) bool) bool {
	return slices.ContainsFunc(s.rows, func(row []any) bool { return is(row[column]) })
}
