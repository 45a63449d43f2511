package provision

// DueRetry is for the tests.
const DueRetry = dueRetry
