package output

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"
	prettytext "github.com/jedib0t/go-pretty/v6/text"
)

const (
	// maxCell is how many columns of text a cell has at most; longer text goes on in the next line.
	maxCell = 64
	// frame is how many columns of text each cell's frame takes.
	frame = 3
	// narrow is how far long text is narrowed before columns give way, narrowOthers how far before an id is, and
	// narrowest how far at most.
	narrow, narrowOthers, narrowest = 24, 12, 8
)

// layout says how the table of a sheet fits into the terminal. First, long text is wrapped. Then columns give way, in
// the order of [Column.GivesWay]. Last, all text is wrapped. An id, which is first, is wrapped only then.
func (p *Printer) layout(s Sheet) []table.ColumnConfig {
	columns := make([]table.ColumnConfig, len(s.columns))
	least := make([]int, len(s.columns)) // before columns give way
	for i := range columns {
		width := p.width(s, i)
		columns[i] = table.ColumnConfig{Number: i + 1, WidthMax: width, WidthMaxEnforcer: prettytext.WrapSoft}
		least[i] = width
		switch {
		case s.measures(i):
			columns[i].Align = prettytext.AlignRight
		case i > 0:
			least[i] = min(width, narrow)
		}
	}
	if p.columns == 0 || p.Wide {
		return columns
	}
	giving := s.givingWay()
	for p.tooWide(columns, least) > 0 && len(giving) > 0 {
		columns[giving[0]].Hidden = true
		giving = giving[1:]
	}
	for p.tooWide(columns, nil) > 0 {
		widest := slices.MaxFunc(columns, func(x, y table.ColumnConfig) int {
			return cmp.Compare(narrowable(x), narrowable(y))
		})
		if narrowable(widest) <= narrowest {
			break
		}
		columns[widest.Number-1].WidthMax--
	}
	return columns
}

// narrowable is the width of a column whose text can be wrapped, else 0. Ids are wrapped last.
func narrowable(c table.ColumnConfig) int {
	switch {
	case c.Hidden || c.Align == prettytext.AlignRight:
		return 0
	case c.Number == 1:
		return min(c.WidthMax, narrowOthers)
	}
	return c.WidthMax
}

// width is how wide a column is if nothing but maxCell limits it.
func (p *Printer) width(s Sheet, column int) int {
	width := prettytext.StringWidthWithoutEscSequences(p.heading(s.columns[column].Title))
	for _, row := range s.rows {
		width = max(width, prettytext.StringWidthWithoutEscSequences(fmt.Sprint(p.cell(row[column]))))
	}
	return min(width, maxCell)
}

// tooWide is how much wider than the terminal a table is: with the columns' own widths if least is nil.
func (p *Printer) tooWide(columns []table.ColumnConfig, least []int) int {
	sum := 1
	for i, c := range columns {
		switch {
		case c.Hidden:
		case least == nil:
			sum += c.WidthMax + frame
		default:
			sum += least[i] + frame
		}
	}
	return sum - p.columns
}

// givingWay are the columns that give way, in that order.
func (s Sheet) givingWay() (order []int) {
	for i, c := range s.columns {
		if c.GivesWay > 0 {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(x, y int) int { return cmp.Compare(s.columns[x].GivesWay, s.columns[y].GivesWay) })
	return order
}
