<?php
/**
 * Every view of the plain theme.
 *
 * @package Plain
 */

?>
<!DOCTYPE html>
<html <?php language_attributes(); ?>>
<head>
<meta charset="<?php bloginfo( 'charset' ); ?>">
<meta name="viewport" content="width=device-width, initial-scale=1">
<?php wp_head(); ?>
</head>
<body <?php body_class(); ?>>
<?php wp_body_open(); ?>
<header><div class="bar">
	<a class="name" href="<?php echo esc_url( home_url( '/' ) ); ?>"><?php bloginfo( 'name' ); ?></a>
	<nav aria-label="Pages"><ul>
	<?php
	wp_list_pages(
		array(
			'title_li' => '',
			'depth'    => 1,
		)
	);
	?>
	</ul></nav>
</div></header>
<main>
<?php
while ( have_posts() ) {
	the_post();
	?>
	<article <?php post_class(); ?>>
	<?php
	if ( is_singular() ) {
		the_title( '<h1>', '</h1>' );
		the_content();
		if ( comments_open() || get_comments_number() ) {
			comments_template();
		}
	} else {
		the_title( '<h2><a href="' . esc_url( get_permalink() ) . '">', '</a></h2>' );
		the_excerpt();
	}
	?>
	</article>
	<?php
}
?>
</main>
<footer><?php bloginfo( 'name' ); ?></footer>
<?php wp_footer(); ?>
</body>
</html>
