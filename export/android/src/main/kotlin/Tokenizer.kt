package tfgen.phone

/**
 * Sentences to ids, as in training: `tfgen/nli/text/tokenizer.py`.
 *
 * @param rules patterns and what takes their place, one after the other.
 * @param lower whether A to Z are made lower case.
 * @param maxLength words of a sentence, or 0 for any number.
 * @param lines of vocabulary.txt; the first two are padding and unknown words.
 */
class Tokenizer(
    rules: List<Pair<String, String>>,
    private val lower: Boolean,
    private val maxLength: Int,
    lines: List<String>,
) {
    private val rules = rules.map { (pattern, text) -> Regex(pattern) to text }
    private val known =
        lines.withIndex().drop(SPECIAL).associate { (id, word) -> word to id }

    /** The words of a sentence. */
    fun tokens(sentence: String): List<String> {
        var line = " $sentence "
        for ((pattern, text) in rules) line = pattern.replace(line, text)
        if (lower) line = line.map(::lowered).joinToString("")
        return line.split(' ').filter { it.isNotEmpty() }
    }

    /** Their ids; a sentence without words is an unknown word. */
    fun ids(sentence: String): IntArray {
        val words = tokens(sentence)
        val kept = if (maxLength > 0) words.take(maxLength) else words
        val ids = kept.map { known[it] ?: UNKNOWN }
        return if (ids.isEmpty()) intArrayOf(UNKNOWN) else ids.toIntArray()
    }

    private fun lowered(letter: Char) =
        if (letter in 'A'..'Z') letter + ('a' - 'A') else letter

    private companion object {
        const val UNKNOWN = 1
        const val SPECIAL = 2
    }
}
