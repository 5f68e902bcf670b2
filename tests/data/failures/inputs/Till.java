import java.util.Map;

public class Till {
    static int open(Map<String, Integer> tills) {
        return tills.get("first");
    }

    public static void main(String[] arguments) {
        try {
            open(Map.of());
        } catch (NullPointerException error) {
            throw new IllegalStateException("no till", error);
        }
    }
}
