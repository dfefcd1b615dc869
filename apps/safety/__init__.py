"""Policy on findings, the words and numbers of help. Decides by table; never generates what it says."""
