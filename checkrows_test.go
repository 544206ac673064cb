package sfprov

// CheckRow is a row of the table of checks, for the documentation.
type CheckRow struct{ ID, Title, LooksAt, Where string }

// CheckRows are the checks that there are.
func CheckRows() (rows []CheckRow) {
	for _, r := range checkRows {
		rows = append(rows, CheckRow{r.id, r.title, r.looksAt, r.where})
	}
	return rows
}
