package tfgen.phone

import org.json.JSONArray
import org.json.JSONObject

/** What apps.export says of a model: `export/write/description.py`. */
class Description(text: String) {
    private val told = JSONObject(text)
    val labels = strings(told.optJSONArray("labels"))
    val signatures = named(told.getJSONObject("signatures")) {
        Signature(
            named(it.getJSONObject("inputs"), ::tensor),
            named(it.getJSONObject("outputs"), ::tensor),
        )
    }
    val latents = named(told.optJSONObject("latents") ?: JSONObject()) {
        Latent(numbers(it.getJSONArray("shape")), it.getString("prior"))
    }

    private fun tensor(told: JSONObject) = Tensor(
        numbers(told.getJSONArray("shape")),
        told.getString("type"),
        told.optJSONArray("range")?.getInt(1) ?: 0,
    )
}

/** The tokenizer that is packed into a classifier of sentence pairs. */
fun tokenizer(archive: Archive): Tokenizer {
    val told = JSONObject(archive["tokenizer.json"])
    val rules = told.optJSONArray("rules")
        ?: throw Unusable("its tokenizer has no rules: export it again")
    return Tokenizer(
        List(rules.length()) {
            val rule = rules.getJSONArray(it)
            rule.getString(0) to rule.getString(1)
        },
        told.getBoolean("lower"),
        told.getInt("max_length"),
        archive["vocabulary.txt"].removeSuffix("\n").split('\n'),
    )
}

private fun strings(told: JSONArray?) =
    List(told?.length() ?: 0) { told!!.getString(it) }

private fun numbers(told: JSONArray) = List(told.length(), told::getInt)

private fun <T> named(told: JSONObject, read: (JSONObject) -> T) =
    told.keys().asSequence().associateWith { read(told.getJSONObject(it)) }
