package output

import (
	"fmt"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"
	prettytext "github.com/jedib0t/go-pretty/v6/text"
)

const (
	// maxCell is the maximum width of a cell in columns of text; longer text is wrapped.
	maxCell = 64
	// frame is the width of a cell's frame in columns of text.
	frame = 3
	// narrow is the width to which text is wrapped before columns are left out, and narrowest the minimum width.
	narrow, narrowest = 24, 8
)

// layout fits the table of a sheet into the terminal.
func (p *Printer) layout(s Sheet) []table.ColumnConfig {
	widths, wraps := make([]int, len(s.columns)), make([]bool, len(s.columns))
	for i := range s.columns {
		widths[i], wraps[i] = p.width(s, i), !s.measures(i)
	}
	if p.columns > 0 && !p.Wide {
		widths = p.fit(s.columns, widths, wraps)
	}
	columns := make([]table.ColumnConfig, len(s.columns))
	for i, width := range widths {
		columns[i] = table.ColumnConfig{Number: i + 1, Hidden: width == 0, WidthMax: width,
			WidthMaxEnforcer: prettytext.WrapSoft}
		if !wraps[i] {
			columns[i].Align = prettytext.AlignRight
		}
	}
	return columns
}

// width returns the width of a column that only maxCell limits.
func (p *Printer) width(s Sheet, column int) int {
	width := prettytext.StringWidthWithoutEscSequences(p.heading(s, column))
	for _, row := range s.rows {
		width = max(width, prettytext.StringWidthWithoutEscSequences(fmt.Sprint(p.cell(row[column]))))
	}
	return min(width, maxCell)
}

// fit makes the columns fit into the terminal. It leaves out columns, by setting their width to 0, in the order of
// [Column.GivesWay] until wrapping to narrow is enough. Then it wraps text as far as needed, in the first column, which
// has ids, only if wrapping the others is not enough.
func (p *Printer) fit(columns []Column, widths []int, wraps []bool) []int {
	for place := 1; place <= len(columns) && total(wrapped(widths, wraps, 1, narrow)) > p.columns; place++ {
		if i := slices.IndexFunc(columns, func(c Column) bool { return c.GivesWay == place }); i >= 0 {
			widths[i] = 0
		}
	}
	for _, first := range []int{1, 0} {
		for limit := maxCell; limit >= narrowest && total(widths) > p.columns; limit-- {
			widths = wrapped(widths, wraps, first, limit)
		}
	}
	return widths
}

// wrapped returns the widths after text in the columns from first on is wrapped to a limit.
func wrapped(widths []int, wraps []bool, first, limit int) []int {
	narrower := slices.Clone(widths)
	for i := first; i < len(widths); i++ {
		if wraps[i] {
			narrower[i] = min(widths[i], limit)
		}
	}
	return narrower
}

// total returns the width of a table with columns of these widths.
func total(widths []int) int {
	sum := 1
	for _, width := range widths {
		if width > 0 {
			sum += width + frame
		}
	}
	return sum
}
