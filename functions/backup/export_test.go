package backup

// Superfluous is what retention decides.
var Superfluous = superfluous
