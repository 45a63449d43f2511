package academy

type page struct{ title, content string }

// courses are the academy's pages.
var courses = []struct {
	title, content string
	lessons        []page
}{
	{
		"Ink & Wash", "<p>Welcome to the studio. Over six lessons you learn to draw with a fountain pen and to lay a wash " +
			"over the lines without losing them.</p><p>Begin with the first lesson; you need a pen with waterproof ink, one " +
			"round brush and any paper that does not buckle.</p>",
		[]page{{"Lesson 1: Line before colour", "<p>Draw your kitchen table. Ten minutes, no pencil.</p>"}},
	},
	{
		"Urban Sketching", "<p>Streets, cafés, stations: drawing where things happen, in the time that you have.</p>",
		[]page{{"Lesson 1: One corner, three ways", "<p>Find a corner with a door. Draw it small, then smaller.</p>"}},
	},
	{
		"Watercolour Landscapes", "<p>Skies first. Seven lessons on light, distance and when to stop.</p>",
		[]page{{"Lesson 1: A sky in three minutes", "<p>Wet the paper. Two colours. Put the brush down.</p>"}},
	},
}
