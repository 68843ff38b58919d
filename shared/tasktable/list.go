package tasktable

// setList sets an attribute to the beginning of a list, as much of it as there
// is room for, and another one to the number of elements left out, if any. It
// reports whether the list is complete.
func setList(u *update, attribute, omittedAttribute string, values []string, room int) (complete bool) {
	kept := fitting(values, room-len(attribute))
	u.set(attribute, texts(kept))
	left := len(values) - len(kept)
	if left > 0 {
		u.set(omittedAttribute, number(int64(left)))
	}
	return left == 0
}

// fitting is the beginning of a list that has room as an attribute's value.
func fitting(values []string, room int) []string {
	room -= size(texts(nil))
	for i, value := range values {
		if room -= 1 + len(value); room < 0 { // as size counts an element
			return values[:i]
		}
	}
	return values
}
