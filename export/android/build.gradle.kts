// Gradle 8.13 and a JDK 17; Android Studio brings both.
plugins {
    id("com.android.application") version "8.13.0"
    id("org.jetbrains.kotlin.android") version "2.2.20"
}

android {
    namespace = "tfgen.phone"
    compileSdk = 36
    defaultConfig {
        applicationId = "tfgen.phone"
        minSdk = 29
        targetSdk = 36
        versionCode = 1
        versionName = "1"
    }
    // A compressed file cannot be mapped into memory.
    androidResources { noCompress += "tflite" }
}

kotlin { jvmToolchain(17) }

dependencies { implementation("com.google.ai.edge.litert:litert:1.4.2") }
