package tasktable

// setList sets an attribute to as many of a list's first elements as there is room
// for. If it leaves some out, it sets omittedAttribute to their number. It reports
// whether the list is complete.
func setList(u *update, attribute, omittedAttribute string, values []string, room int) (complete bool) {
	kept := fitting(values, room-len(attribute))
	u.set(attribute, texts(kept))
	left := len(values) - len(kept)
	if left > 0 {
		u.set(omittedAttribute, number(int64(left)))
	}
	return left == 0
}

// fitting returns the first elements of a list that fit into room as an attribute's
// value.
func fitting(values []string, room int) []string {
	room -= size(texts(nil))
	for i, value := range values {
		if room -= 1 + len(value); room < 0 { // as size counts an element
			return values[:i]
		}
	}
	return values
}
