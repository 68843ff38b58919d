package output

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	prettytext "github.com/jedib0t/go-pretty/v6/text"
)

// maxCell is how many columns of text a cell has at most; longer text goes on in the next line.
const maxCell = 64

// Column is a column's heading: a name in CSV, and a title for people in a table.
type Column struct{ Name, Title string }

// Columns are the columns with these names. A title that is not the name follows it: "task_id: task".
func Columns(columns ...string) (all []Column) {
	for _, column := range columns {
		name, title, titled := strings.Cut(column, ": ")
		if !titled {
			title = name
		}
		all = append(all, Column{name, title})
	}
	return all
}

// Sheet has texts, times, durations and numbers in rows; nil is an empty cell.
type Sheet struct {
	columns []Column
	rows    [][]any
}

// NewSheet is a sheet without rows.
func NewSheet(columns []Column) Sheet { return Sheet{columns: columns} }

// Add adds a row, with a value for each column.
func (s *Sheet) Add(row ...any) { s.rows = append(s.rows, row) }

// Empty reports whether the sheet has no rows.
func (s *Sheet) Empty() bool { return len(s.rows) == 0 }

// PrintTable prints the sheet for people.
func (p *Printer) PrintTable(s Sheet) {
	p.Printf("%s\n", p.newTable(s, s.tableColumns()).Render())
}

func (p *Printer) newTable(s Sheet, columns []table.ColumnConfig) table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleRounded)
	t.Style().Format.Header = prettytext.FormatDefault
	t.SetColumnConfigs(columns)
	header := table.Row{}
	for _, c := range s.columns {
		header = append(header, c.Title)
	}
	t.AppendHeader(header)
	for _, row := range s.rows {
		cells := table.Row{}
		for _, value := range row {
			cells = append(cells, p.Cell(value))
		}
		t.AppendRow(cells)
	}
	return t
}

func (s Sheet) tableColumns() (columns []table.ColumnConfig) {
	for i := range s.columns {
		column := table.ColumnConfig{Number: i + 1, WidthMax: maxCell, WidthMaxEnforcer: prettytext.WrapSoft}
		if s.measures(i) {
			column.Align = prettytext.AlignRight
		}
		columns = append(columns, column)
	}
	return columns
}

// fixedColumns are as wide as the sheet's rows need, for the sheet and for what comes after it.
func (p *Printer) fixedColumns(s Sheet) []table.ColumnConfig {
	columns := s.tableColumns()
	for i := range columns {
		width := prettytext.StringWidthWithoutEscSequences(s.columns[i].Title)
		for _, row := range s.rows {
			width = max(width, prettytext.StringWidthWithoutEscSequences(fmt.Sprint(p.Cell(row[i]))))
		}
		columns[i].WidthMin, columns[i].WidthMax = min(width, maxCell), min(width, maxCell)
	}
	return columns
}

// measures reports whether a column has numbers or durations.
func (s Sheet) measures(column int) bool {
	return slices.ContainsFunc(s.rows, func(row []any) bool {
		switch row[column].(type) {
		case int, time.Duration:
			return true
		}
		return false
	})
}
